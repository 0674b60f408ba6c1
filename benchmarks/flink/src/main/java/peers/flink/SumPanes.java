package peers.flink;

import java.util.Map;
import java.util.StringJoiner;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import peers.task.Measures;
import peers.task.Progress;
import peers.task.Rolling;
import peers.task.Teams;

/** Sums facts by day, passes those of reps on to their teams, and publishes a changed subject's figures once a second. */
final class SumPanes extends KeyedProcessFunction<String, Fact, String> {
    static final OutputTag<Fact> TEAM_FACTS = new OutputTag<>("team-facts") {};
    private static final long serialVersionUID = 1;
    private static final long PUBLISH_MS = 1_000;

    private final String kind;
    private final int asOf;
    private final Teams teams;
    private transient MapState<Integer, long[]> panes;
    private transient ValueState<Boolean> hasTimer;

    /** Without teams nothing is passed on. */
    SumPanes(String kind, int asOf, Teams teams) {
        this.kind = kind;
        this.asOf = asOf;
        this.teams = teams;
    }

    @Override
    public void open(OpenContext context) {
        panes = getRuntimeContext().getMapState(new MapStateDescriptor<>(
                "panes", Types.INT, PrimitiveArrayTypeInfo.LONG_PRIMITIVE_ARRAY_TYPE_INFO));
        hasTimer = getRuntimeContext().getState(new ValueStateDescriptor<>("has-timer", Types.BOOLEAN));
        Started.one();
    }

    @Override
    public void processElement(Fact fact, Context context, Collector<String> out) throws Exception {
        long[] pane = panes.get(fact.day);
        if (pane == null) {
            pane = new long[Measures.NAMES.length];
        }
        pane[fact.measure] += fact.amount;
        panes.put(fact.day, pane);
        if (hasTimer.value() == null) {
            hasTimer.update(true);
            Published.TIMERS.incrementAndGet();
            context.timerService().registerProcessingTimeTimer(
                    context.timerService().currentProcessingTime() + PUBLISH_MS);
        }
        if (teams == null) {
            Progress.SUMMED.increment();
        } else {
            context.output(TEAM_FACTS,
                    new Fact(teams.on(fact.subject, fact.day), fact.day, fact.measure, fact.amount));
        }
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<String> out) throws Exception {
        Rolling rolling = new Rolling(asOf);
        for (Map.Entry<Integer, long[]> pane : panes.entries()) {
            rolling.add(pane.getKey(), pane.getValue());
        }
        StringJoiner line = new StringJoiner("\t");
        line.add(kind + context.getCurrentKey());
        rolling.figures().forEach((name, count) -> line.add(name + '=' + count));
        out.collect(line.toString());
        hasTimer.clear();
        Published.TIMERS.decrementAndGet();
    }
}
