package peers.flink;

import java.nio.charset.StandardCharsets;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;

/** A subject and its figures, parted by tabs, keyed by the subject. */
final class FiguresLine implements KafkaRecordSerializationSchema<String> {
    private static final long serialVersionUID = 1;

    private final String topic;

    FiguresLine(String topic) {
        this.topic = topic;
    }

    @Override
    public ProducerRecord<byte[], byte[]> serialize(String line, KafkaSinkContext context, Long timestamp) {
        String subject = line.substring(0, line.indexOf('\t'));
        return new ProducerRecord<>(
                topic, subject.getBytes(StandardCharsets.UTF_8), line.getBytes(StandardCharsets.UTF_8));
    }
}
