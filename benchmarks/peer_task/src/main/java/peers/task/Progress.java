package peers.task;

import java.util.concurrent.atomic.LongAdder;

/** How far a program is; its stages count here, in whatever thread they run. */
public final class Progress {
    private static final int TELL_EVERY_MS = 500;
    private static final int LOOK_EVERY_MS = 10;

    /** Records read, and of them those that go on to be compared with what is held. */
    public static final LongAdder READ = new LongAdder();
    public static final LongAdder KEPT = new LongAdder();
    /** Of these, those that were compared, after the facts that came of them were counted as sent. */
    public static final LongAdder COMPARED = new LongAdder();
    public static final LongAdder SENT = new LongAdder();
    /** Facts summed by team, which is the last that becomes of them. */
    public static final LongAdder SUMMED = new LongAdder();

    private Progress() {}

    /** Return once every record is taken and every fact summed; say now and then how many records were. */
    public static void waitUntilDone(long records) throws InterruptedException {
        long told = System.nanoTime();
        while (!isDone(records)) {
            Thread.sleep(LOOK_EVERY_MS);
            if (System.nanoTime() - told > TELL_EVERY_MS * 1_000_000L) {
                told = System.nanoTime();
                Task.say(READ.sum());
            }
        }
    }

    private static boolean isDone(long records) {
        // In this order: once all are read no more is kept, once those are compared no more is sent.
        return READ.sum() >= records && COMPARED.sum() == KEPT.sum() && SUMMED.sum() == SENT.sum();
    }
}
