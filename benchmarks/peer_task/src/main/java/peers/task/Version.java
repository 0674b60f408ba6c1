package peers.task;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.time.LocalDate;

/** A version of a record: the fields that matter here. Public and mutable, as Flink's serializer for such classes wants it. */
public final class Version {
    private static final JsonFactory JSON = new JsonFactory();
    /** Python's ordinal of 1970-01-01. */
    private static final int EPOCH = 719_163;

    public String key;
    public String updatedAt;
    public long number;
    public String repId = "";
    public int day;
    /** `Measures.NONE` where it does not count: the record is deleted. */
    public int measure = Measures.NONE;

    public Version() {}

    /** What a message says; null if it is a record that never counts for us. */
    public static Version read(byte[] value) throws IOException {
        String type = null;
        String id = null;
        String kind = null;
        String occurredAt = null;
        boolean isDeleted = false;
        Version found = new Version();
        try (JsonParser parser = JSON.createParser(value)) {
            parser.nextToken();
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                parser.nextToken();
                switch (name) {
                    case "type" -> type = parser.getText();
                    case "id" -> id = parser.getText();
                    case "updated_at" -> found.updatedAt = parser.getText();
                    case "version" -> found.number = parser.getLongValue();
                    case "deleted" -> isDeleted = parser.getBooleanValue();
                    case "rep_id" -> found.repId = parser.getText();
                    case "kind" -> kind = parser.getText();
                    case "occurred_at" -> occurredAt = parser.getText();
                    default -> parser.skipChildren();
                }
            }
        }
        if (!isDeleted) {
            found.measure = Measures.of(type, kind);
            if (found.measure == Measures.NONE) {
                return null;
            }
            found.day = dayOf(occurredAt);
        }
        found.key = type + ':' + id;
        return found;
    }

    /** Whether a version that is held is newer than this one. */
    public boolean isOlderThan(String heldAt, long heldNumber) {
        int order = updatedAt.compareTo(heldAt);
        return order < 0 || (order == 0 && number < heldNumber);
    }

    /** The day of an instant that is known to be in UTC. */
    private static int dayOf(String instant) {
        int year = digits(instant, 0, 4);
        return (int) LocalDate.of(year, digits(instant, 5, 7), digits(instant, 8, 10)).toEpochDay() + EPOCH;
    }

    private static int digits(String text, int from, int to) {
        return Integer.parseInt(text, from, to, 10);
    }
}
