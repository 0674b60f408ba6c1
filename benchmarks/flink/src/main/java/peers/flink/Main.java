package peers.flink;

import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import peers.task.Progress;
import peers.task.Task;
import peers.task.Teams;

/** Flink's DataStream API in a local cluster, checkpointed exactly once. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        Task task = Task.told();
        StreamExecutionEnvironment environment = Job.environment(task);
        Job.build(environment, task, new Teams(task.memberships()));
        JobClient client = environment.executeAsync(task.app());
        while (client.getJobStatus().get() != JobStatus.RUNNING || Started.count() < Job.stages()) {
            Thread.sleep(50);
        }
        Task.say("ready");
        Progress.waitUntilDone(task.records());
        Task.say("done");
        Task.waitUntilAsked();
        Published.waitForTimers();
        client.stopWithSavepoint(false, task.folder() + "/savepoint", SavepointFormatType.NATIVE).get(60, TimeUnit.SECONDS);
        Task.answer(Published.read(task));
        System.exit(0);
    }
}
