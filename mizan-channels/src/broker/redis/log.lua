-- The log of a group: a hash with its epoch `e`, the generation `g` of the data set in which it was started, and its
-- top `t`; and a stream of the kept messages. A log of another generation, or one without its hash, starts a new
-- epoch, because its offsets may have been assigned before.
local MINUTE = 60 * 1000
local DAY = 24 * 60 * MINUTE

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- The generation is the replication id, which identifies the history of the data set. It changes with each restart and
-- each promotion, even of a process that was the master before. Each script reads the id itself, because an id that a
-- server read earlier may be outdated.
local own_generation
local function generation()
  if own_generation then
    return own_generation
  end
  local info = redis.call('INFO', 'replication')
  if not string.find(info, 'role:master', 1, true) then
    error(redis.error_reply('READONLY this Redis is a replica'))
  end
  own_generation = string.match(info, 'master_replid:(%x+)')
  return own_generation
end

-- Starts the epoch `fresh`. Returns the epoch and the top.
local function begin(meta, stream, gen, fresh)
  redis.call('DEL', stream)
  redis.call('HSET', meta, 'e', fresh, 'g', gen, 't', '0')
  redis.call('PEXPIRE', meta, DAY)
  return fresh, 0
end

-- Returns the epoch and the top of the log. Starts the epoch `fresh` if the log is missing or of another generation.
local function open(meta, stream, fresh)
  local known = redis.call('HMGET', meta, 'e', 'g', 't')
  local gen = generation()
  if not known[1] or known[2] ~= gen then
    return begin(meta, stream, gen, fresh)
  end
  return known[1], tonumber(known[3])
end

-- Appends a message. Returns its epoch and offset.
local function append(meta, stream, channel, fresh, data, most, age, id)
  local epoch = open(meta, stream, fresh)
  local offset = redis.call('HINCRBY', meta, 't', 1)
  redis.call('XADD', stream, 'MAXLEN', '=', most, offset .. '-0', 'a', now(), 'd', data, 'i', id)
  redis.call('PEXPIRE', stream, age)
  redis.call('PEXPIRE', meta, math.max(DAY, 2 * age))
  -- If the announcement fails, servers find the message in the log.
  redis.pcall('PUBLISH', channel, epoch .. ' ' .. offset .. ' ' .. data)
  return epoch, offset
end
