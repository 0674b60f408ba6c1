package peers.flink;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import peers.task.Measures;
import peers.task.Progress;
import peers.task.Version;

/** Keeps the newest version of each record; passes on what a newer one changes, by rep. */
final class KeepLedger extends KeyedProcessFunction<String, Version, Fact> {
    private static final long serialVersionUID = 1;

    /** The newest version of a record, and what it counts for. */
    public static final class Held {
        public String updatedAt;
        public long number;
        public String repId;
        public int day;
        public int measure;
    }

    private transient ValueState<Held> ledger;

    @Override
    public void open(OpenContext context) {
        ledger = getRuntimeContext().getState(new ValueStateDescriptor<>("ledger", Held.class));
        Started.one();
    }

    @Override
    public void processElement(Version version, Context context, Collector<Fact> out) throws Exception {
        Held held = ledger.value();
        if (held == null || !version.isOlderThan(held.updatedAt, held.number)) {
            if (held != null) {
                emit(held.repId, held.day, held.measure, -1, out);
            }
            ledger.update(heldOf(version));
            emit(version.repId, version.day, version.measure, 1, out);
        }
        Progress.COMPARED.increment();
    }

    private static Held heldOf(Version version) {
        Held held = new Held();
        held.updatedAt = version.updatedAt;
        held.number = version.number;
        held.repId = version.repId;
        held.day = version.day;
        held.measure = version.measure;
        return held;
    }

    private static void emit(String repId, int day, int measure, int amount, Collector<Fact> out) {
        if (measure != Measures.NONE) {
            Progress.SENT.increment();
            out.collect(new Fact(repId, day, measure, amount));
        }
    }
}
