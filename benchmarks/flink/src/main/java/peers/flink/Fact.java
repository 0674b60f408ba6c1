package peers.flink;

/** So much more of a measure on a day. Public and mutable, as Flink's serializer for such classes wants it. */
public final class Fact {
    public String subject;
    public int day;
    public int measure;
    public int amount;

    public Fact() {}

    Fact(String subject, int day, int measure, int amount) {
        this.subject = subject;
        this.day = day;
        this.measure = measure;
        this.amount = amount;
    }
}
