-- An operation is a string: `r` (running: the end of the lease, the id of the run, and the payload hash), `s` (completed: the
-- payload hash, and the outcome) or `x` (cancelled: the id of a run whose acquisition is rejected). An owner has the `sizes` of
-- its operations, with their sum under the empty key, and the `times` after which they can be removed: the time of the last
-- change, and for a running lease the end of the lease, so that running leases come after all operations that can be removed.
-- KEYS operation, sizes, times; ARGV name of the script's operation, prefix of operations, key, run id, payload hash, the time for
-- which outcomes are kept, the maximum number and size of operations, and the argument: the duration of the lease, the outcome,
-- or 1 if a late acquisition is to be rejected
local record, sizes, times = KEYS[1], KEYS[2], KEYS[3]
local name, prefix, key, run, payload = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local ttl, max_count, max_bytes = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local clock = redis.call('TIME')
local time = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function remove(old)
  redis.call('DEL', prefix .. old)
  redis.call('ZREM', times, old)
  local size = redis.call('HGET', sizes, old)
  if size then
    redis.call('HDEL', sizes, old)
    if redis.call('HINCRBY', sizes, '', -tonumber(size)) == 0 then
      redis.call('DEL', sizes)
    end
  end
end

local function put(value, duration)
  duration = duration or 0
  local size = #key + #value
  local growth = size - tonumber(redis.call('HGET', sizes, key) or '0')
  redis.call('SET', record, value, 'PX', string.format('%.0f', ttl + duration))
  redis.call('HSET', sizes, key, size)
  redis.call('HINCRBY', sizes, '', growth)
  redis.call('ZADD', times, string.format('%.0f', time + duration), key)
  for _, owned in ipairs({ sizes, times }) do
    redis.call('PEXPIRE', owned, math.max(ttl + duration, redis.call('PTTL', owned)))
  end
end

local function is_running(value)
  local lease_end = value and string.match(value, '^r(%d+) ')
  return lease_end and time < tonumber(lease_end)
end

-- Removes the oldest operations until there is room. Returns false if only running leases are left.
local function make_room(count, size)
  for _, old in ipairs(redis.call('ZRANGEBYSCORE', times, '-inf', string.format('%.0f', time - ttl), 'LIMIT', 0, 32)) do
    remove(old)
  end
  local function is_full()
    local sum = tonumber(redis.call('HGET', sizes, '') or '0')
    return redis.call('ZCARD', times) + count > max_count or sum + size > max_bytes
  end
  while is_full() do
    local oldest = redis.call('ZRANGE', times, 0, 1)
    local old = oldest[1] == key and oldest[2] or oldest[1]
    if not old or old == key or is_running(redis.call('GET', prefix .. old)) then
      return false
    end
    remove(old)
  end
  return true
end

local known = redis.call('GET', record)
local kind = known and string.sub(known, 1, 1)
if name == 'acquire' then
  if kind == 'r' then
    local known_payload = string.match(known, ' (%x+)$')
    return known_payload ~= payload and 'm' or is_running(known) and 'r' or 'l'
  elseif kind == 's' then
    return string.sub(known, 2, #payload + 1) ~= payload and 'm' or 's' .. string.sub(known, #payload + 2)
  elseif kind == 'x' and string.sub(known, 2) == run then
    return 'x'
  end
  local duration = tonumber(ARGV[9])
  local value = 'r' .. string.format('%.0f', time + duration) .. ' ' .. run .. ' ' .. payload
  if not make_room(1, #key + #value) then
    return 'f'
  end
  put(value, duration)
  return 'g'
elseif name == 'complete' then
  local value = 's' .. payload .. ARGV[9]
  make_room(0, #value)
  put(value)
elseif name == 'contains' then
  return kind and kind ~= 'x' and '1' or ''
elseif kind == 'r' and string.find(known, ' ' .. run .. ' ', 1, true) then
  remove(key)
elseif not kind and ARGV[9] == '1' then
  make_room(1, #key + #run)
  put('x' .. run)
end
return ''
