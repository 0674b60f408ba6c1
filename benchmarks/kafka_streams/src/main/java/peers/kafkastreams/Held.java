package peers.kafkastreams;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;
import peers.task.Version;

/** The newest version of a record, and what it counts for. */
record Held(String updatedAt, long number, String repId, int day, int measure) {

    static Held of(Version version) {
        return new Held(version.updatedAt, version.number, version.repId, version.day, version.measure);
    }

    static final class HeldSerde implements Serde<Held> {
        @Override
        public Serializer<Held> serializer() {
            return (topic, held) -> held == null ? null : held.toBytes();
        }

        @Override
        public Deserializer<Held> deserializer() {
            return (topic, bytes) -> bytes == null ? null : from(ByteBuffer.wrap(bytes));
        }
    }

    private byte[] toBytes() {
        byte[] at = updatedAt.getBytes(StandardCharsets.UTF_8);
        byte[] rep = repId.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(at.length + rep.length + 17)
                .putLong(number).putInt(day).put((byte) measure)
                .putShort((short) at.length).put(at)
                .putShort((short) rep.length).put(rep)
                .array();
    }

    private static Held from(ByteBuffer from) {
        long number = from.getLong();
        int day = from.getInt();
        int measure = from.get();
        return new Held(text(from), number, text(from), day, measure);
    }

    private static String text(ByteBuffer from) {
        byte[] bytes = new byte[from.getShort()];
        from.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
