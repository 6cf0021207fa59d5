-- Who is there: connections with their people, in the order of the people `l` and with the time at which they
-- lapse `x`; and people with what is shown of them `i`, which begins with the time at which they lapse.
--
-- Nothing is counted, and everything is said again every few seconds: what is lost with a key comes back, and
-- what nobody says again goes away.
-- KEYS meta, stream of the log of presence, l, x, i; ARGV what, channel, fresh epoch, most, age, .. Returns the epoch,
-- the top and the people, and for a sweep whether another one has more to do in place of the top.
local what, channel, fresh, most, age = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local l, x, i = KEYS[3], KEYS[4], KEYS[5]
-- So many leave in one run at most: Redis does nothing else meanwhile.
local MOST = 256
local time = now()

local function announce(change)
  append(KEYS[1], KEYS[2], channel, fresh, change, most, age, '')
end

local function forget(id)
  if redis.call('HDEL', i, id) == 1 then
    announce('{"leave":[' .. cjson.encode(id) .. ']}')
  end
end

local function leave(member)
  redis.call('ZREM', l, member)
  redis.call('ZREM', x, member)
  local id = string.match(member, '^(.*)%z')
  local others = redis.call('ZRANGEBYLEX', l, '[' .. id .. '\0', '(' .. id .. '\1', 'LIMIT', 0, 1)
  if not others[1] then
    forget(id)
  end
end

-- What is shown of a person, unless they have lapsed.
local function shown(person)
  local lapse, info = string.match(person, '^(%d+) (.*)$')
  if lapse and time < tonumber(lapse) then
    return info
  end
end

-- The people who are there. Those who have lapsed leave; and how many did.
local function people()
  local there, left = {}, 0
  local all = redis.call('HGETALL', i)
  for index = 1, #all, 2 do
    local info = shown(all[index + 1])
    if info then
      table.insert(there, all[index])
      table.insert(there, info)
    elseif left < MOST then
      left = left + 1
      forget(all[index])
    end
  end
  return there, left
end

if what == 'enter' then
  local id, connection, info, lapse = ARGV[6], ARGV[7], ARGV[8], tonumber(ARGV[9])
  local member = id .. '\0' .. connection
  redis.call('ZADD', l, 0, member)
  redis.call('ZADD', x, time + lapse, member)
  local known = redis.call('HGET', i, id)
  known = known and shown(known)
  redis.call('HSET', i, id, string.format('%.0f ', time + lapse) .. (known or info))
  if not known then
    announce('{"join":[{"id":' .. cjson.encode(id) .. ',"info":' .. info .. '}]}')
  end
  for _, key in ipairs({ l, x, i }) do
    redis.call('PEXPIRE', key, DAY)
  end
elseif what == 'leave' then
  leave(ARGV[6] .. '\0' .. ARGV[7])
elseif what == 'sweep' then
  local lapse = tonumber(ARGV[6])
  local lapsed = redis.call('ZRANGEBYSCORE', x, '-inf', time, 'LIMIT', 0, MOST)
  for _, member in ipairs(lapsed) do
    leave(member)
  end
  if #lapsed == MOST then
    return { '', 1, {} }
  end
  -- The two hold the same members, unless one was lost.
  local connections = redis.call('ZCARD', l)
  if connections ~= redis.call('ZCARD', x) then
    for _, member in ipairs(redis.call('ZRANGE', l, 0, -1)) do
      redis.call('ZADD', x, 'NX', time + lapse, member)
    end
    for _, member in ipairs(redis.call('ZRANGE', x, 0, -1)) do
      redis.call('ZADD', l, 'NX', 0, member)
    end
  end
  if redis.call('HLEN', i) > connections then
    local _, left = people()
    return { '', left == MOST and 1 or 0, {} }
  end
else
  local epoch = open(KEYS[1], KEYS[2], fresh)
  local there = people()
  local top = redis.call('HGET', KEYS[1], 't')
  return { epoch, tonumber(top), there }
end
return { '', 0, {} }
