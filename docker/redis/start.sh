#!/bin/sh
# Starts one container of Redis: `start.sh redis-server <arguments>` or `start.sh sentinel`.
#
# Without REDIS_SENTINELS a server is all there is. With them (profile `ha`) a server asks who is master and follows that
# one; where nobody knows yet, `redis` is. Addresses, not names: a Sentinel that looks up the name of a machine that is
# gone stands still meanwhile.
set -eu

port=6379
master_name=mymaster

known_master() {
  for sentinel in $(echo "$REDIS_SENTINELS" | tr , ' '); do
    timeout 1 redis-cli -h "${sentinel%:*}" -p "${sentinel##*:}" --raw sentinel get-master-addr-by-name "$master_name" \
      2>/dev/null | head -n 1 | grep -E '^[0-9a-f.:]+$' && return
  done
  return 0
}

first_master() {
  getent hosts redis | { read -r address _ && echo "$address"; }
}

if [ "$1" = sentinel ]; then
  if [ -z "$REDIS_SENTINELS" ]; then
    echo 'REDIS_SENTINELS is not set, so nobody would follow a failover: docker compose --env-file docker/ha.env up' >&2
    exit 1
  fi
  master=$(known_master)
  cat > /tmp/sentinel.conf <<EOF
protected-mode no
dir /tmp
sentinel monitor $master_name ${master:-$(first_master)} $port 2
sentinel down-after-milliseconds $master_name 600
sentinel failover-timeout $master_name 10000
sentinel parallel-syncs $master_name 2
EOF
  exec redis-server /tmp/sentinel.conf --sentinel
fi

if [ -n "$REDIS_SENTINELS" ]; then
  own=$(hostname -i)
  master=$(known_master)
  # A master that is back before it was replaced is empty, and its replicas would copy that: it waits for the new one,
  # unless there is none to come.
  tries=0
  while [ "$master" = "$own" ] && [ "$tries" -lt 25 ]; do
    tries=$((tries + 1))
    sleep 0.2
    master=$(known_master)
  done
  master=${master:-$(first_master)}
  if [ "$master" != "$own" ]; then set -- "$@" --replicaof "$master" "$port"; fi
fi
exec "$@" --protected-mode no --port "$port"
