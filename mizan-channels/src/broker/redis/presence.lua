-- Who is there: connections `c` with the ids of their people, when they lapse `x`, how many connections a
-- person has `n`, and what is shown of them `i`.
-- KEYS meta, stream of the log of presence, c, x, n, i; ARGV what, channel, generation, fresh epoch, most, age, ..
local what, channel, gen, fresh, most, age =
  ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
local c, x, n, i = KEYS[3], KEYS[4], KEYS[5], KEYS[6]

local function announce(change)
  append(KEYS[1], KEYS[2], channel, gen, fresh, change, most, age)
end

local function leave(connection)
  local id = redis.call('HGET', c, connection)
  redis.call('ZREM', x, connection)
  if not id then
    return
  end
  redis.call('HDEL', c, connection)
  if redis.call('HINCRBY', n, id, -1) <= 0 then
    redis.call('HDEL', n, id)
    redis.call('HDEL', i, id)
    announce('{"leave":[' .. cjson.encode(id) .. ']}')
  end
end

if what == 'enter' then
  local connection, id, info, lapse = ARGV[7], ARGV[8], ARGV[9], tonumber(ARGV[10])
  redis.call('ZADD', x, now() + lapse, connection)
  if redis.call('HSETNX', c, connection, id) == 1 then
    redis.call('HSET', i, id, info)
    if redis.call('HINCRBY', n, id, 1) == 1 then
      announce('{"join":[{"id":' .. cjson.encode(id) .. ',"info":' .. info .. '}]}')
    end
  end
  for _, key in ipairs({ c, x, n, i }) do
    redis.call('PEXPIRE', key, DAY)
  end
elseif what == 'leave' then
  leave(ARGV[7])
elseif what == 'sweep' then
  for _, connection in ipairs(redis.call('ZRANGEBYSCORE', x, '-inf', now())) do
    leave(connection)
  end
else
  local epoch, top = open(KEYS[1], KEYS[2], gen, fresh)
  local people = redis.call('HGETALL', i)
  if people.map then
    people = people.map
  end
  return { epoch, top, people }
end
return { '', 0, {} }
