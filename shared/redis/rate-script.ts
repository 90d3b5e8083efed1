/**
 * A token bucket instead of the counters of the library: those take a batch from one of two windows, the steady one or the
 * burst, and charge for what they refuse. It tells its script the cost, the duration (here: the rate) and the points (the
 * burst), and refuses when the first number that comes back is more than the points.
 */
export const rateScript = `
local cost, rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('time')
local now = time[1] * 1000000 + time[2]
local full = tonumber(redis.call('get', KEYS[1])) or 0
local filling = math.max(full - now, 0) + cost * 1000000 / rate
local wait = filling - burst * 1000000 / rate
if wait >= 1 then return {burst + 1, math.ceil(wait / 1000)} end
redis.call('set', KEYS[1], string.format('%.0f', now + filling), 'PX', math.max(math.ceil(filling / 1000), 1))
return {0, 0}
`
