package peers.task;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** What a peer has to do, as `benchmarks/task.py` tells it on stdin, and how it answers on stdout. */
public record Task(
        String broker,
        String app,
        List<String> topics,
        int partitions,
        long records,
        @JsonProperty("as_of") int asOf,
        Map<String, List<List<Object>>> memberships,
        String folder) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final BufferedReader IN =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));

    /** The task on this program's stdin. */
    public static Task told() throws IOException {
        return JSON.readValue(IN.readLine(), Task.class);
    }

    /** Tell the benchmark. */
    public static void say(Object word) {
        System.out.println(word);
        System.out.flush();
    }

    /** Wait until the benchmark asks. */
    public static void waitUntilAsked() throws IOException {
        IN.readLine();
    }

    /** Tell the benchmark the figures. */
    public static void answer(Map<String, Map<String, Long>> figures) throws JsonProcessingException {
        say(JSON.writeValueAsString(figures));
    }
}
