package peers.kafkastreams;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import peers.task.Progress;
import peers.task.Rolling;
import peers.task.Task;
import peers.task.Teams;

/** Kafka Streams by its Processor API, exactly once. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        Task task = Task.told();
        try (KafkaStreams streams = new KafkaStreams(Job.topology(task, new Teams(task.memberships())), settings(task))) {
            streams.start();
            while (streams.state() != KafkaStreams.State.RUNNING) {
                Thread.sleep(50);
            }
            Task.say("ready");
            Progress.waitUntilDone(task.records());
            Task.say("done");
            Task.waitUntilAsked();
            Map<String, Rolling> found = new LinkedHashMap<>();
            sum(streams, Job.REP_PANES, "rep:", task, found);
            sum(streams, Job.TEAM_PANES, "team:", task, found);
            Map<String, Map<String, Long>> figures = new LinkedHashMap<>();
            found.forEach((subject, rolling) -> figures.put(subject, rolling.figures()));
            Task.answer(figures);
        }
    }

    private static Properties settings(Task task) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, task.app());
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, task.broker());
        settings.put(StreamsConfig.STATE_DIR_CONFIG, task.folder());
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1_000);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 64L << 20);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 5_000);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), 60_000);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 256 << 10);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 50);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG), 60_000);
        return settings;
    }

    private static void sum(KafkaStreams streams, String store, String kind, Task task, Map<String, Rolling> into) {
        var panes = streams.store(
                StoreQueryParameters.fromNameAndType(store, QueryableStoreTypes.<String, long[]>keyValueStore()));
        try (KeyValueIterator<String, long[]> all = panes.all()) {
            all.forEachRemaining(pane -> {
                int at = pane.key.lastIndexOf('@');
                into.computeIfAbsent(kind + pane.key.substring(0, at), key -> new Rolling(task.asOf()))
                        .add(Integer.parseInt(pane.key.substring(at + 1)), pane.value);
            });
        }
    }
}
