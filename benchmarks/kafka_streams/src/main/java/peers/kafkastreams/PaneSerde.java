package peers.kafkastreams;

import java.nio.ByteBuffer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;

/** A day's counts of a subject as bytes. */
final class PaneSerde implements Serde<long[]> {
    @Override
    public Serializer<long[]> serializer() {
        return (topic, pane) -> {
            if (pane == null) {
                return null;
            }
            ByteBuffer to = ByteBuffer.allocate(pane.length * Long.BYTES);
            to.asLongBuffer().put(pane);
            return to.array();
        };
    }

    @Override
    public Deserializer<long[]> deserializer() {
        return (topic, bytes) -> {
            if (bytes == null) {
                return null;
            }
            long[] pane = new long[bytes.length / Long.BYTES];
            ByteBuffer.wrap(bytes).asLongBuffer().get(pane);
            return pane;
        };
    }
}
