package peers.flink;

import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import peers.task.Task;
import peers.task.Teams;
import peers.task.Version;

/** Records -> ledger (newest versions) -> facts by rep -> panes of reps -> facts by team -> panes of teams -> figures. */
final class Job {
    static final int PARALLELISM = 2;
    private static final int CHECKPOINT_MS = 5_000;

    private Job() {}

    /** How many operators say that they have started. */
    static int stages() {
        return 3 * PARALLELISM;
    }

    static String figuresTopic(Task task) {
        return task.app() + "-figures";
    }

    static StreamExecutionEnvironment environment(Task task) {
        Configuration settings = new Configuration();
        settings.set(StateBackendOptions.STATE_BACKEND, "hashmap");
        settings.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, "file://" + task.folder() + "/checkpoints");
        settings.set(
                CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
                ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
        settings.set(PipelineOptions.OBJECT_REUSE, true);
        settings.set(PipelineOptions.GENERIC_TYPES, false);
        settings.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
        settings.set(TaskManagerOptions.NETWORK_MEMORY_MIN, MemorySize.ofMebiBytes(64));
        settings.set(TaskManagerOptions.NETWORK_MEMORY_MAX, MemorySize.ofMebiBytes(64));
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.createLocalEnvironment(PARALLELISM, settings);
        environment.enableCheckpointing(CHECKPOINT_MS, CheckpointingMode.EXACTLY_ONCE);
        return environment;
    }

    static void build(StreamExecutionEnvironment environment, Task task, Teams teams) {
        KafkaSource<Version> source = KafkaSource.<Version>builder()
                .setBootstrapServers(task.broker())
                .setTopics(task.topics())
                .setGroupId(task.app())
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setDeserializer(new ReadVersion())
                .setProperty("max.poll.records", "5000")
                .build();
        var facts = environment
                .fromSource(source, WatermarkStrategy.noWatermarks(), "records")
                .keyBy(version -> version.key)
                .process(new KeepLedger());
        var reps = facts.keyBy(fact -> fact.subject).process(new SumPanes("rep:", task.asOf(), teams));
        var teamsSummed = reps.getSideOutput(SumPanes.TEAM_FACTS)
                .keyBy(fact -> fact.subject)
                .process(new SumPanes("team:", task.asOf(), null));
        reps.union(teamsSummed).sinkTo(sink(task));
    }

    private static KafkaSink<String> sink(Task task) {
        Properties settings = new Properties();
        settings.put("transaction.timeout.ms", "60000");
        return KafkaSink.<String>builder()
                .setBootstrapServers(task.broker())
                .setKafkaProducerConfig(settings)
                .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
                .setTransactionalIdPrefix(task.app())
                .setRecordSerializer(new FiguresLine(figuresTopic(task)))
                .build();
    }
}
