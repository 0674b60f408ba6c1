package peers.task;

import java.io.Serializable;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The teams of each rep, each until the first day no longer there. */
public final class Teams implements Serializable {
    private static final long serialVersionUID = 1;

    private record Memberships(int[] until, String[] teams) implements Serializable {}

    private final HashMap<String, Memberships> byRep = new HashMap<>();

    public Teams(Map<String, List<List<Object>>> told) {
        told.forEach((rep, entries) -> byRep.put(rep, new Memberships(
                entries.stream().mapToInt(entry -> ((Number) entry.get(0)).intValue()).toArray(),
                entries.stream().map(entry -> (String) entry.get(1)).toArray(String[]::new))));
    }

    /** The team of a rep on a day. */
    public String on(String rep, int day) {
        Memberships found = byRep.get(rep);
        if (found == null) {
            return "unassigned";
        }
        int at = Arrays.binarySearch(found.until, day);
        return found.teams[at >= 0 ? at + 1 : -at - 1];
    }
}
