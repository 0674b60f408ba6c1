package peers.flink;

import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import peers.task.Progress;
import peers.task.Version;

/** Messages to versions of records; those that never count for us end here. */
final class ReadVersion implements KafkaRecordDeserializationSchema<Version> {
    private static final long serialVersionUID = 1;

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> message, Collector<Version> out) throws IOException {
        Version version = message.value() == null ? null : Version.read(message.value());
        if (version != null) {
            Progress.KEPT.increment();
            out.collect(version);
        }
        Progress.READ.increment();
    }

    @Override
    public TypeInformation<Version> getProducedType() {
        return TypeInformation.of(Version.class);
    }
}
