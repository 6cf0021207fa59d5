-- What an owner's messages came to: `values` by their keys, with the sum of their sizes under the empty key, and
-- `times` in which they were last changed. A value is `r` (it runs: until when, the nonce of the run, and the
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

local function put(value)
  local known = redis.call('HGET', values, key)
  local grown = #value - (known and #known or -#key)
  redis.call('HSET', values, key, value)
  redis.call('HINCRBY', values, '', grown)
  redis.call('ZADD', times, time, key)
  redis.call('PEXPIRE', values, memory)
  redis.call('PEXPIRE', times, memory)
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
  local at = 0
  while is_full() do
    local old = redis.call('ZRANGE', times, at, at)[1]
    if not old or at > 64 then
      return false
    elseif old == key or runs(redis.call('HGET', values, old)) then
      at = at + 1
    else
      forget(old)
    end
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
  local value = 'r' .. string.format('%.0f', time + ARGV[8]) .. ' ' .. nonce .. ' ' .. payload
  if not make_room(1, #key + #value) then
    return 'f'
  end
  put(value)
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
