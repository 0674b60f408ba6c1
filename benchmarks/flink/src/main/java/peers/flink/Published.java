package peers.flink;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import peers.task.Task;

/** What the job has published, read back as anybody would read it. */
final class Published {
    /** Subjects that have changed since they were published. */
    static final AtomicInteger TIMERS = new AtomicInteger();

    private Published() {}

    static void waitForTimers() throws InterruptedException {
        while (TIMERS.get() > 0) {
            Thread.sleep(50);
        }
    }

    /** The last figures of each subject, of transactions that were committed. */
    static Map<String, Map<String, Long>> read(Task task) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", task.broker());
        settings.put("isolation.level", "read_committed");
        Map<String, Map<String, Long>> found = new HashMap<>();
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(Job.figuresTopic(task)).stream()
                    .map(each -> new TopicPartition(each.topic(), each.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
                for (ConsumerRecord<String, String> message : consumer.poll(Duration.ofMillis(200))) {
                    found.put(message.key(), figures(message.value().split("\t")));
                }
            }
        }
        return found;
    }

    private static Map<String, Long> figures(String[] line) {
        Map<String, Long> found = new LinkedHashMap<>();
        for (int at = 1; at < line.length; at++) {
            int equals = line[at].lastIndexOf('=');
            found.put(line[at].substring(0, equals), Long.parseLong(line[at].substring(equals + 1)));
        }
        return found;
    }
}
