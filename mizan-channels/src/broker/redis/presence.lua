-- The presence of a group: its connections, each as the member's id, a zero byte and the connection, sorted by member and
-- by expiry; and the infos of the members, each of which begins with the time of expiry.
--
-- There are no counters. Servers confirm their connections every few seconds: entries that Redis lost are added again,
-- and entries that no server confirms expire.
-- KEYS meta and stream of the presence log, by_member, by_expiry, infos; ARGV operation, Pub/Sub channel, fresh epoch,
-- the maximum number and age of messages, and the arguments of the operation. Returns the epoch, the top and the members;
-- a sweep returns 1 instead of the top if another sweep has more to do.
local operation, channel, fresh, most, age = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local by_member, by_expiry, infos = KEYS[3], KEYS[4], KEYS[5]
-- The maximum number of entries that one run removes, since Redis is blocked meanwhile.
local MAX_REMOVALS = 256
local time = now()

local function announce(change)
  append(KEYS[1], KEYS[2], channel, fresh, change, most, age, '')
end

local function remove_member(id)
  if redis.call('HDEL', infos, id) == 1 then
    announce('{"leave":[' .. cjson.encode(id) .. ']}')
  end
end

local function leave(entry)
  redis.call('ZREM', by_member, entry)
  redis.call('ZREM', by_expiry, entry)
  local id = string.match(entry, '^(.*)%z')
  local others = redis.call('ZRANGEBYLEX', by_member, '[' .. id .. '\0', '(' .. id .. '\1', 'LIMIT', 0, 1)
  if not others[1] then
    remove_member(id)
  end
end

-- Returns the info of a member, unless it has expired.
local function current_info(value)
  local expiry, info = string.match(value, '^(%d+) (.*)$')
  if expiry and time < tonumber(expiry) then
    return info
  end
end

-- Returns the members, as ids and infos, and the number of expired members that were removed.
local function members()
  local present, removed = {}, 0
  local all = redis.call('HGETALL', infos)
  for index = 1, #all, 2 do
    local info = current_info(all[index + 1])
    if info then
      table.insert(present, all[index])
      table.insert(present, info)
    elseif removed < MAX_REMOVALS then
      removed = removed + 1
      remove_member(all[index])
    end
  end
  return present, removed
end

if operation == 'enter' then
  local id, connection, info, ttl = ARGV[6], ARGV[7], ARGV[8], tonumber(ARGV[9])
  local entry = id .. '\0' .. connection
  redis.call('ZADD', by_member, 0, entry)
  redis.call('ZADD', by_expiry, time + ttl, entry)
  local known = redis.call('HGET', infos, id)
  known = known and current_info(known)
  redis.call('HSET', infos, id, string.format('%.0f ', time + ttl) .. (known or info))
  if not known then
    announce('{"join":[{"id":' .. cjson.encode(id) .. ',"info":' .. info .. '}]}')
  end
  for _, key in ipairs({ by_member, by_expiry, infos }) do
    redis.call('PEXPIRE', key, DAY)
  end
elseif operation == 'leave' then
  leave(ARGV[6] .. '\0' .. ARGV[7])
elseif operation == 'sweep' then
  local ttl = tonumber(ARGV[6])
  local expired = redis.call('ZRANGEBYSCORE', by_expiry, '-inf', time, 'LIMIT', 0, MAX_REMOVALS)
  for _, entry in ipairs(expired) do
    leave(entry)
  end
  if #expired == MAX_REMOVALS then
    return { '', 1, {} }
  end
  -- Both sets have the same entries, unless one of the keys was lost.
  local connections = redis.call('ZCARD', by_member)
  if connections ~= redis.call('ZCARD', by_expiry) then
    for _, entry in ipairs(redis.call('ZRANGE', by_member, 0, -1)) do
      redis.call('ZADD', by_expiry, 'NX', time + ttl, entry)
    end
    for _, entry in ipairs(redis.call('ZRANGE', by_expiry, 0, -1)) do
      redis.call('ZADD', by_member, 'NX', 0, entry)
    end
  end
  if redis.call('HLEN', infos) > connections then
    local _, removed = members()
    return { '', removed == MAX_REMOVALS and 1 or 0, {} }
  end
else
  local epoch = open(KEYS[1], KEYS[2], fresh)
  local present = members()
  local top = redis.call('HGET', KEYS[1], 't')
  return { epoch, tonumber(top), present }
end
return { '', 0, {} }
