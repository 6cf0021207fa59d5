-- Takes one call from each count, in order, up to the first one that is exhausted. A group of counts is a sorted set: each
-- key with the time in microseconds at which its full allowance is available (the generic cell rate algorithm, ITU-T I.371).
-- KEYS the group of each count; ARGV the maximum number of keys in a group, and for each count its key, the time per call
-- and the time in which a full allowance accumulates
-- Returns 0, or the time in microseconds after which the exhausted count has a call left.
local max_keys = tonumber(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local function integer(number)
  return string.format('%.0f', number)
end

for i, group in ipairs(KEYS) do
  local key, interval, tolerance = ARGV[3 * i - 1], tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
  local latest = now + tolerance
  local known = redis.call('ZSCORE', group, key)
  -- A later time was written before the clock was set back.
  local full_at = math.min(math.max(tonumber(known or '0'), now), latest)
  local next = full_at + interval
  if next > latest then
    return integer(next - latest)
  end
  if not known then
    for _, old in ipairs(redis.call('ZRANGEBYSCORE', group, '-inf', integer(now), 'LIMIT', 0, 8)) do
      redis.call('ZREM', group, old)
    end
    -- The counts that are closest to their full allowance lose the least.
    if redis.call('ZCARD', group) >= max_keys then
      redis.call('ZPOPMIN', group)
    end
  end
  redis.call('ZADD', group, integer(next), key)
  local ttl = math.ceil((next - now) / 1000)
  if redis.call('PTTL', group) < ttl then
    redis.call('PEXPIRE', group, integer(ttl))
  end
end
return '0'
