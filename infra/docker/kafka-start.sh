#!/bin/bash
# Starts the broker of the image apache/kafka. After a crash the controller alone starts before, and takes note that the
# broker had died: else a transaction that was being committed can stay open for ever, and readers of committed records
# stand still (infra/embedded/kafka/broker.py says how).
set -euo pipefail

data=${KAFKA_LOG_DIRS:?}
[[ -e $data/__cluster_metadata-0 && ! -e $data/.kafka_cleanshutdown ]] || exec /etc/kafka/docker/run

echo 'The broker did not end in order the last time: settling that takes some seconds'
cat >/tmp/settle.properties <<-EOF
	process.roles=controller
	node.id=$KAFKA_NODE_ID
	controller.quorum.voters=$KAFKA_CONTROLLER_QUORUM_VOTERS
	controller.listener.names=CONTROLLER
	listeners=CONTROLLER://localhost:9093
	log.dirs=$data
	broker.session.timeout.ms=500
	broker.heartbeat.interval.ms=100
EOF
# The image's own configuration sends what the controller says to a file.
cat >/tmp/settle-log4j2.properties <<-EOF
	appender.out.type=Console
	appender.out.name=OUT
	appender.out.layout.type=PatternLayout
	appender.out.layout.pattern=[%d] %p %m (%c)%n
	rootLogger.level=INFO
	rootLogger.appenderRef.out.ref=OUT
EOF
said=/tmp/settle.log
LOG_DIR=/tmp KAFKA_LOG4J_OPTS=-Dlog4j2.configurationFile=/tmp/settle-log4j2.properties \
	/opt/kafka/bin/kafka-server-start.sh /tmp/settle.properties >"$said" 2>&1 &
controller=$!
# What the controller says it writes down some time later: its metadata must grow twice more, which takes a second.
written() { cat "$data"/__cluster_metadata-0/*.log | wc -c; }
noted=
bytes=
growths=0
for ((tenths = 0, since = 0; tenths < 1200; tenths++)); do
	kill -0 "$controller" 2>/dev/null || { cat "$said" >&2; exit 1; }
	if [[ $bytes ]]; then
		before=$bytes bytes=$(written)
		((bytes == before)) || ((++growths < 2)) || noted=yes
	elif grep -q 'Fencing broker' "$said"; then
		bytes=$(written)
	elif ((since == 0)); then
		! grep -q 'Activated periodic tasks' "$said" || since=$tenths
	elif ((tenths - since > 100)); then
		noted=yes # nothing to note where it died before it had registered
	fi
	[[ ! $noted ]] || break
	sleep 0.1
done
kill "$controller"
wait "$controller" || true
[[ $noted ]] || { cat "$said" >&2; echo 'The controller took no note within 120 s.' >&2; exit 1; }
exec /etc/kafka/docker/run
