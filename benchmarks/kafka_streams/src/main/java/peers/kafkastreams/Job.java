package peers.kafkastreams;

import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import peers.task.Task;
import peers.task.Teams;

/** Records -> ledger (newest versions) -> facts by rep -> panes of reps -> facts by team -> panes of teams. */
final class Job {
    static final String LEDGER = "ledger";
    static final String REP_PANES = "rep-panes";
    static final String TEAM_PANES = "team-panes";

    private Job() {}

    static Topology topology(Task task, Teams teams) {
        var text = Serdes.String();
        var bytes = Serdes.ByteArray();
        var facts = new Fact.FactSerde();
        String factsTopic = task.app() + "-facts";
        String teamFactsTopic = task.app() + "-team-facts";
        return new Topology()
                .addSource("records", bytes.deserializer(), bytes.deserializer(), task.topics().toArray(String[]::new))
                .addProcessor("keep-ledger", KeepLedger::new, "records")
                .addStateStore(store(LEDGER, new Held.HeldSerde()), "keep-ledger")
                .addSink("facts-out", factsTopic, text.serializer(), facts.serializer(), "keep-ledger")
                .addSource("facts", text.deserializer(), facts.deserializer(), factsTopic)
                .addProcessor("sum-reps", () -> new SumPanes(REP_PANES, teams), "facts")
                .addStateStore(store(REP_PANES, new PaneSerde()), "sum-reps")
                .addSink("team-facts-out", teamFactsTopic, text.serializer(), facts.serializer(), "sum-reps")
                .addSource("team-facts", text.deserializer(), facts.deserializer(), teamFactsTopic)
                .addProcessor("sum-teams", () -> new SumPanes(TEAM_PANES, null), "team-facts")
                .addStateStore(store(TEAM_PANES, new PaneSerde()), "sum-teams");
    }

    /** A store with a changelog and a cache, so that what changes often is written once a commit. */
    private static <V> StoreBuilder<KeyValueStore<String, V>> store(String name, Serde<V> values) {
        return Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(name), Serdes.String(), values)
                .withCachingEnabled();
    }
}
