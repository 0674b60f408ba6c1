package peers.flink;

import java.util.concurrent.atomic.AtomicInteger;

/** Operators that are open, all in this program. */
final class Started {
    private static final AtomicInteger OPEN = new AtomicInteger();

    private Started() {}

    static void one() {
        OPEN.incrementAndGet();
    }

    static int count() {
        return OPEN.get();
    }
}
