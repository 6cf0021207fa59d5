-- What an owner's messages came to: `values` by their keys, with the sum of their sizes under the empty key, and
-- `times` after which they are old: that of the last change, and for what runs the end of its lease, so that what runs
-- comes after all that can be forgotten. A value is `r` (it runs: until when, the nonce of the run, and the
-- payload), `s` (it ended: the payload, and the outcome) or `x` (the run with this nonce must not begin).
-- KEYS values, times; ARGV what, key, nonce, payload, memory, most, bytes, and the lease, the outcome, or whether
-- the claim may still come
local values, times = KEYS[1], KEYS[2]
local what, key, nonce, payload = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local memory, most, bytes = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local time = now()

local function forget(old)
  local value = redis.call('HGET', values, old)
  redis.call('ZREM', times, old)
  if value then
    redis.call('HDEL', values, old)
    redis.call('HINCRBY', values, '', -(#old + #value))
  end
end

local function put(value, lease)
  lease = lease or 0
  local known = redis.call('HGET', values, key)
  local grown = #value - (known and #known or -#key)
  redis.call('HSET', values, key, value)
  redis.call('HINCRBY', values, '', grown)
  redis.call('ZADD', times, time + lease, key)
  for _, name in ipairs({ values, times }) do
    redis.call('PEXPIRE', name, math.max(memory + lease, redis.call('PTTL', name)))
  end
end

local function runs(value)
  local lease = value and string.match(value, '^r(%d+) ')
  return lease and time < tonumber(lease)
end

-- Forgets the oldest, but nothing that runs; false where that is all there is.
local function make_room(count, size)
  for _, old in ipairs(redis.call('ZRANGEBYSCORE', times, '-inf', time - memory, 'LIMIT', 0, 32)) do
    forget(old)
  end
  local function is_full()
    local sum = tonumber(redis.call('HGET', values, '') or '0')
    return redis.call('ZCARD', times) + count > most or sum + size > bytes
  end
  while is_full() do
    local oldest = redis.call('ZRANGE', times, 0, 1)
    local old = oldest[1] == key and oldest[2] or oldest[1]
    if not old or old == key or runs(redis.call('HGET', values, old)) then
      return false
    end
    forget(old)
  end
  return true
end

local known = redis.call('HGET', values, key)
local kind = known and string.sub(known, 1, 1)
if what == 'claim' then
  if kind == 'r' then
    local claimed = string.match(known, ' (%x+)$')
    return claimed ~= payload and 'm' or runs(known) and 'r' or 'l'
  elseif kind == 's' then
    return string.sub(known, 2, #payload + 1) ~= payload and 'm' or 's' .. string.sub(known, #payload + 2)
  elseif kind == 'x' and string.sub(known, 2) == nonce then
    return 'x'
  end
  local lease = tonumber(ARGV[8])
  local value = 'r' .. string.format('%.0f', time + lease) .. ' ' .. nonce .. ' ' .. payload
  if not make_room(1, #key + #value) then
    return 'f'
  end
  put(value, lease)
  return 'g'
elseif what == 'settle' then
  local value = 's' .. payload .. ARGV[8]
  make_room(0, #value)
  put(value)
elseif kind == 'r' and string.find(known, ' ' .. nonce .. ' ', 1, true) then
  forget(key)
elseif not kind and ARGV[8] == '1' then
  make_room(1, #key + #nonce)
  put('x' .. nonce)
end
return ''
