"""The edges: Faust, Kafka, Redis and the Prometheus client live only here."""
