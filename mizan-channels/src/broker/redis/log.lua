-- The log of a group: a hash with its epoch `e`, the generation `g` of the server that began it, and its top
-- `t`; and a stream of what is kept. A log that another server began, or that lost its hash, begins anew: its
-- offsets may have been given before.
local MINUTE = 60 * 1000
local DAY = 24 * 60 * MINUTE

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function begin(meta, stream, gen, fresh)
  redis.call('DEL', stream)
  redis.call('HSET', meta, 'e', fresh, 'g', gen, 't', '0')
  redis.call('PEXPIRE', meta, DAY)
  return fresh, 0
end

local function open(meta, stream, gen, fresh)
  local known = redis.call('HMGET', meta, 'e', 'g', 't')
  if not known[1] or known[2] ~= gen then
    return begin(meta, stream, gen, fresh)
  end
  return known[1], tonumber(known[3])
end

local function append(meta, stream, channel, gen, fresh, data, most, age)
  local epoch = open(meta, stream, gen, fresh)
  local offset = redis.call('HINCRBY', meta, 't', 1)
  redis.call('XADD', stream, 'MAXLEN', '=', most, offset .. '-0', 'a', now(), 'd', data)
  redis.call('PEXPIRE', stream, age)
  redis.call('PEXPIRE', meta, math.max(DAY, 2 * age))
  redis.call('PUBLISH', channel, epoch .. ' ' .. offset .. ' ' .. data)
  return epoch, offset
end
