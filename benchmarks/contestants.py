"""Contestants: all that the benchmark knows, in the order of the page."""

from __future__ import annotations

from benchmarks import stock_faust
from benchmarks.contestant import Contestant
from benchmarks.peer import Peer
from benchmarks.programs import Apart, Here, Java
from benchmarks.upscore_worker import UpscoreWorker

_JVM = ("-XX:+UseParallelGC", "-Xmx2g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")

UPSCORE = UpscoreWorker()
TWO_WORKERS = UpscoreWorker(
    2,
    "upscore, two workers",
    "the same twice, each with half of the partitions: two cores, as the engines on the JVM use",
)
OURS = (UPSCORE, TWO_WORKERS)
BARE_LOOP = Peer(
    name="a bare Python loop",
    what=(
        "a confluent-kafka consumer, msgspec decoding the few fields that are needed, dictionaries; no durable state, no "
        "output: the limit of what Python can do"
    ),
    program=Here("benchmarks.bare_loop"),
)
FLINK = Peer(
    name="Flink DataStream",
    what=(
        "Java, Flink 2.2 in a local cluster of parallelism 2: a Kafka source, keyed by record, by rep and by team, state on the "
        "heap, checkpoints to disk every 5 s exactly once, changed figures once a second to a transactional Kafka sink, visible "
        "after a checkpoint"
    ),
    program=Java(
        "flink",
        "peers.flink.Main",
        (*_JVM, "--add-opens=java.base/java.util=ALL-UNNAMED", "--add-opens=java.base/java.lang=ALL-UNNAMED"),
    ),
    own_topics=("figures",),
)
KAFKA_STREAMS = Peer(
    name="Kafka Streams Processor API",
    what=(
        "Java, Kafka Streams 4.1 with two threads: cached stores in memory with changelogs by record, by rep and by team, "
        "exactly_once_v2 with a commit a second, read by interactive queries"
    ),
    program=Java("kafka_streams", "peers.kafkastreams.Main", _JVM),
    own_topics=("facts", "team-facts"),
)
BYTEWAX = Peer(
    name="Bytewax",
    what=(
        "Python and Rust, one worker: its Kafka source, state by record, by rep's day and by team's day, snapshots to SQLite "
        "every second, from which a restart goes on exactly; changed panes into a dictionary, in the place of a sink"
    ),
    program=Apart("bytewax", "benchmarks.bytewax_job"),
)
QUIX = Peer(
    name="Quix Streams",
    what=(
        "Python, one process: state by record, by rep and by team in RocksDB with changelogs, repartitioned through topics, "
        "exactly once with a commit a second; changed panes into a dictionary, in the place of a sink"
    ),
    program=Apart("quix", "benchmarks.quix_job"),
    part=0.5,
    own_topics=("facts", "team-facts"),
)
STOCK_FAUST = Peer(
    name="stock Faust",
    what=(
        "raw bytes and orjson, a table of newest versions, day panes by rep and by team in memory tables with changelogs, "
        "repartitioned by rep and by team, at least once"
    ),
    program=Here("benchmarks.stock_faust"),
    part=0.1,
    own_topics=stock_faust.OWN_TOPICS,
)
PEER_ENGINES: tuple[Contestant, ...] = (FLINK, KAFKA_STREAMS, BYTEWAX, QUIX, STOCK_FAUST)
"""What others would run in the place of upscore."""

BY_WORD: dict[str, Contestant] = {
    "upscore": UPSCORE,
    "two-workers": TWO_WORKERS,
    "loop": BARE_LOOP,
    "flink": FLINK,
    "kafka-streams": KAFKA_STREAMS,
    "bytewax": BYTEWAX,
    "quix": QUIX,
    "faust": STOCK_FAUST,
}
"""All contestants in the order of the page, by what they are called on the command line."""
