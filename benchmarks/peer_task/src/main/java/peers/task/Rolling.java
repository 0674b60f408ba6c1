package peers.task;

import java.util.LinkedHashMap;
import java.util.Map;

/** Sums of day panes over the windows that end with a day. */
public final class Rolling {
    private static final int[] WINDOWS = {7, 28, 91};

    private final int asOf;
    private final long[][] sums = new long[WINDOWS.length][Measures.NAMES.length];

    public Rolling(int asOf) {
        this.asOf = asOf;
    }

    /** Add a day's counts, one for each of `Measures.NAMES`. */
    public void add(int day, long[] pane) {
        for (int window = 0; window < WINDOWS.length; window++) {
            if (asOf - WINDOWS[window] < day && day <= asOf) {
                for (int measure = 0; measure < pane.length; measure++) {
                    sums[window][measure] += pane[measure];
                }
            }
        }
    }

    /** `<measure> <days>d` to its count. */
    public Map<String, Long> figures() {
        Map<String, Long> found = new LinkedHashMap<>();
        for (int window = 0; window < WINDOWS.length; window++) {
            for (int measure = 0; measure < Measures.NAMES.length; measure++) {
                found.put(Measures.NAMES[measure] + ' ' + WINDOWS[window] + 'd', sums[window][measure]);
            }
        }
        return found;
    }
}
