-- The leases and outcomes of an owner: `values` by their keys, with the sum of their sizes under the empty key; and
-- `times` after which they can be removed: the time of the last change, and for a running lease the end of the lease, so
-- that running leases come after all entries that can be removed. A value is `r` (running: the end of the lease, the id of
-- the run, and the payload hash), `s` (completed: the payload hash, and the outcome) or `x` (cancelled: the id of a run
-- whose acquisition is rejected).
-- KEYS values, times; ARGV operation, key, run id, payload hash, the time for which outcomes are kept, the maximum number
-- and size of entries, and the argument of the operation: the duration of the lease, the outcome, or 1 if a late
-- acquisition is to be rejected
local values, times = KEYS[1], KEYS[2]
local operation, key, run, payload = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local ttl, max_entries, max_bytes = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local clock = redis.call('TIME')
local time = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function remove(old)
  local value = redis.call('HGET', values, old)
  redis.call('ZREM', times, old)
  if value then
    redis.call('HDEL', values, old)
    redis.call('HINCRBY', values, '', -(#old + #value))
  end
end

local function put(value, duration)
  duration = duration or 0
  local known = redis.call('HGET', values, key)
  local growth = #value - (known and #known or -#key)
  redis.call('HSET', values, key, value)
  redis.call('HINCRBY', values, '', growth)
  redis.call('ZADD', times, time + duration, key)
  for _, name in ipairs({ values, times }) do
    redis.call('PEXPIRE', name, math.max(ttl + duration, redis.call('PTTL', name)))
  end
end

local function is_running(value)
  local lease_end = value and string.match(value, '^r(%d+) ')
  return lease_end and time < tonumber(lease_end)
end

-- Removes the oldest entries until there is room. Returns false if only running leases are left.
local function make_room(count, size)
  for _, old in ipairs(redis.call('ZRANGEBYSCORE', times, '-inf', time - ttl, 'LIMIT', 0, 32)) do
    remove(old)
  end
  local function is_full()
    local sum = tonumber(redis.call('HGET', values, '') or '0')
    return redis.call('ZCARD', times) + count > max_entries or sum + size > max_bytes
  end
  while is_full() do
    local oldest = redis.call('ZRANGE', times, 0, 1)
    local old = oldest[1] == key and oldest[2] or oldest[1]
    if not old or old == key or is_running(redis.call('HGET', values, old)) then
      return false
    end
    remove(old)
  end
  return true
end

local known = redis.call('HGET', values, key)
local kind = known and string.sub(known, 1, 1)
if operation == 'acquire' then
  if kind == 'r' then
    local known_payload = string.match(known, ' (%x+)$')
    return known_payload ~= payload and 'm' or is_running(known) and 'r' or 'l'
  elseif kind == 's' then
    return string.sub(known, 2, #payload + 1) ~= payload and 'm' or 's' .. string.sub(known, #payload + 2)
  elseif kind == 'x' and string.sub(known, 2) == run then
    return 'x'
  end
  local duration = tonumber(ARGV[8])
  local value = 'r' .. string.format('%.0f', time + duration) .. ' ' .. run .. ' ' .. payload
  if not make_room(1, #key + #value) then
    return 'f'
  end
  put(value, duration)
  return 'g'
elseif operation == 'complete' then
  local value = 's' .. payload .. ARGV[8]
  make_room(0, #value)
  put(value)
elseif operation == 'contains' then
  return kind and kind ~= 'x' and '1' or ''
elseif kind == 'r' and string.find(known, ' ' .. run .. ' ', 1, true) then
  remove(key)
elseif not kind and ARGV[8] == '1' then
  make_room(1, #key + #run)
  put('x' .. run)
end
return ''
