package peers.kafkastreams;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import peers.task.Measures;
import peers.task.Progress;
import peers.task.Version;

/** Keeps the newest version of each record; passes on what a newer one changes, by rep. */
final class KeepLedger implements Processor<byte[], byte[], String, Fact> {
    private ProcessorContext<String, Fact> context;
    private KeyValueStore<String, Held> ledger;

    @Override
    public void init(ProcessorContext<String, Fact> given) {
        context = given;
        ledger = given.getStateStore(Job.LEDGER);
    }

    @Override
    public void process(Record<byte[], byte[]> message) {
        Version version;
        try {
            version = message.value() == null ? null : Version.read(message.value());
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        if (version != null) {
            compare(version, message.timestamp());
        }
        Progress.READ.increment();
    }

    private void compare(Version version, long timestamp) {
        Held held = ledger.get(version.key);
        if (held != null) {
            if (version.isOlderThan(held.updatedAt(), held.number())) {
                return;
            }
            emit(held.repId(), held.day(), held.measure(), -1, timestamp);
        }
        ledger.put(version.key, Held.of(version));
        emit(version.repId, version.day, version.measure, 1, timestamp);
    }

    private void emit(String repId, int day, int measure, int amount, long timestamp) {
        if (measure != Measures.NONE) {
            Progress.SENT.increment();
            context.forward(new Record<>(repId, new Fact(day, measure, amount), timestamp));
        }
    }
}
