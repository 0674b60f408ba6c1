package peers.kafkastreams;

import java.nio.ByteBuffer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;

/** So much more of a measure on a day. */
record Fact(int day, int measure, int amount) {

    static final class FactSerde implements Serde<Fact> {
        @Override
        public Serializer<Fact> serializer() {
            return (topic, fact) -> ByteBuffer.allocate(6)
                    .putInt(fact.day).put((byte) fact.measure).put((byte) fact.amount).array();
        }

        @Override
        public Deserializer<Fact> deserializer() {
            return (topic, bytes) -> {
                ByteBuffer from = ByteBuffer.wrap(bytes);
                return new Fact(from.getInt(), from.get(), from.get());
            };
        }
    }
}
