/*
 * The Lua side of idempotency-marks.ts. Each script may run twice with the same arguments without a further effect, because
 * a lost answer does not tell whether it ran. Leases are judged by the clock of Redis alone.
 *
 * A mark is a string, told apart by its first character:
 *   p <digest, 16> <end of the lease, Unix ms, 13> : <token>     an append is under way, or its producer is dead
 *   d <digest, 16> <answer>                                      stored, and how it was answered
 */

const helpers = `
local function now()
  local clock = redis.call('TIME')
  return clock[1] * 1000 + math.floor(clock[2] / 1000)
end
local function pending(digest, leaseEnd, token)
  return 'p' .. digest .. string.format('%.0f', leaseEnd) .. ':' .. token
end
local function isDone(mark) return mark and string.sub(mark, 1, 1) == 'd' end
local function isOwn(mark, token) return mark and not isDone(mark) and string.sub(mark, 32) == token end
`

/** KEYS: marks. ARGV: lease ms, ms to keep, then token and digest per mark. Returns per mark what was found. */
export const openScript = `${helpers}
local leaseMs, keepMs = tonumber(ARGV[1]), ARGV[2]
local at = now()
local seen = {}
for i, key in ipairs(KEYS) do
  local token, digest, mark = ARGV[2 * i + 1], ARGV[2 * i + 2], redis.call('GET', key)
  if mark and string.sub(mark, 2, 17) ~= digest then
    seen[i] = 'mismatch'
  elseif isDone(mark) then
    seen[i] = 'done ' .. string.sub(mark, 18)
  elseif mark and not isOwn(mark, token) and tonumber(string.sub(mark, 18, 30)) > at then
    seen[i] = 'running'
  else
    redis.call('SET', key, pending(digest, at + leaseMs, token), 'PX', keepMs)
    seen[i] = (mark and not isOwn(mark, token)) and 'taken-over ' .. string.sub(mark, 32) or 'opened'
  end
end
return seen
`

/** KEYS: marks. ARGV: ms to keep, then token, digest and answer per mark. Returns how many were answered otherwise before. */
export const settleScript = `${helpers}
local others = 0
for i, key in ipairs(KEYS) do
  local done = 'd' .. ARGV[3 * i] .. ARGV[3 * i + 1]
  local mark = redis.call('GET', key)
  if not isDone(mark) then
    redis.call('SET', key, done, 'PX', ARGV[1])
  elseif mark ~= done then
    others = others + 1
  end
end
return others
`

/** KEYS: marks. ARGV: a token per mark. Removes what is pending under its token; returns how many that were. */
export const releaseScript = `${helpers}
local removed = 0
for i, key in ipairs(KEYS) do
  if isOwn(redis.call('GET', key), ARGV[i]) then removed = removed + redis.call('DEL', key) end
end
return removed
`

/** KEYS: marks. ARGV: lease ms, ms to keep, then token and digest per mark. Also brings back what Redis forgot. */
export const renewScript = `${helpers}
local leaseEnd = now() + tonumber(ARGV[1])
local renewed = 0
for i, key in ipairs(KEYS) do
  local token, digest = ARGV[2 * i + 1], ARGV[2 * i + 2]
  local mark = redis.call('GET', key)
  if not mark or isOwn(mark, token) then
    redis.call('SET', key, pending(digest, leaseEnd, token), 'PX', ARGV[2])
    renewed = renewed + 1
  end
end
return renewed
`
