-- KEYS meta, stream, note, key or none; ARGV channel, fresh epoch, data, most, age, memory, id, and how long ago it was
-- tried before, in milliseconds, or nothing
--
-- A second attempt leaves a note of what it came to, for a first one that comes only then.
local meta, stream, note, key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local channel, fresh, data, most, age, memory, id, tried =
  ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6], ARGV[7], tonumber(ARGV[8])

for _, earlier in ipairs({ note, key }) do
  local before = redis.call('HMGET', earlier, 'e', 'o')
  if before[1] then
    return { before[1], tonumber(before[2]) }
  end
end

local function remember(name, epoch, offset)
  redis.call('HSET', name, 'e', epoch, 'o', offset)
  redis.call('PEXPIRE', name, memory)
end

local epoch, offset
if tried then
  local top
  epoch, top = open(meta, stream, fresh)
  local kept = redis.call('XREVRANGE', stream, '+', '-')
  for _, entry in ipairs(kept) do
    if entry[2][6] == id then
      offset = tonumber(string.match(entry[1], '^%d+'))
      break
    end
  end
  local oldest = kept[#kept]
  local is_whole = #kept == top or (oldest and tonumber(oldest[2][2]) < now() - tried)
  if not offset and not is_whole then
    -- It may have been added, and pushed out since.
    remember(note, '', 0)
    return { '', 0 }
  end
end
if not offset then
  epoch, offset = append(meta, stream, channel, fresh, data, most, age, id)
end
if tried then
  remember(note, epoch, offset)
end
if key then
  remember(key, epoch, offset)
end
return { epoch, offset }
