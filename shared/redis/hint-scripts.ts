/** Two sorted sets, down and up, by the time at which Redis forgets an entry (ms): clocks of hosts are never compared. */
const now = `local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

const say = (into: 1 | 2, outOf: 1 | 2) => `${now}
redis.call('zrem', KEYS[${outOf}], ARGV[1])
return redis.call('zadd', KEYS[${into}], now + ARGV[2], ARGV[1])
`

export const targetDownScript = say(1, 2)
export const targetUpScript = say(2, 1)

/** Who is down, and who came up with the time that tells one such word from the next. */
export const targetHintsScript = `${now}
for i = 1, 2 do redis.call('zremrangebyscore', KEYS[i], '-inf', now) end
return {redis.call('zrange', KEYS[1], 0, -1), redis.call('zrange', KEYS[2], 0, -1, 'withscores')}
`

/** Takes a free lease, or sets the time of one's own: may be repeated. */
export const probeLeaseScript = `
local owner = redis.call('get', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`
