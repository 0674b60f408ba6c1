package peers.kafkastreams;

import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import peers.task.Measures;
import peers.task.Progress;
import peers.task.Teams;

/** Sums facts by subject and day; those of reps go on to their teams. */
final class SumPanes implements Processor<String, Fact, String, Fact> {
    private final String store;
    private final Teams teams;
    private ProcessorContext<String, Fact> context;
    private KeyValueStore<String, long[]> panes;

    /** Without teams nothing is passed on. */
    SumPanes(String store, Teams teams) {
        this.store = store;
        this.teams = teams;
    }

    @Override
    public void init(ProcessorContext<String, Fact> given) {
        context = given;
        panes = given.getStateStore(store);
    }

    @Override
    public void process(Record<String, Fact> message) {
        Fact fact = message.value();
        String key = message.key() + '@' + fact.day();
        long[] pane = panes.get(key);
        if (pane == null) {
            pane = new long[Measures.NAMES.length];
        }
        pane[fact.measure()] += fact.amount();
        panes.put(key, pane);
        if (teams == null) {
            Progress.SUMMED.increment();
        } else {
            context.forward(message.withKey(teams.on(message.key(), fact.day())));
        }
    }
}
