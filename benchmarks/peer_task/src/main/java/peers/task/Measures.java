package peers.task;

/** What is counted: the names of `benchmarks/rolling.py`, by their number. */
public final class Measures {
    public static final String[] NAMES = {"calls", "emails", "meetings", "feedback_count"};
    public static final int NONE = -1;

    private Measures() {}

    /** What a record counts for; `NONE` if for nothing of ours. */
    static int of(String type, String kind) {
        if ("feedback".equals(type)) {
            return 3;
        }
        if (!"activity".equals(type) || kind == null) {
            return NONE;
        }
        return switch (kind) {
            case "call" -> 0;
            case "email" -> 1;
            case "meeting" -> 2;
            default -> NONE;
        };
    }
}
