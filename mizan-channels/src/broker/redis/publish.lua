-- Publishes a message, unless it was published under the idempotency key or, by an earlier attempt, under its id.
-- KEYS meta, stream, note, and optionally the key; ARGV Pub/Sub channel, fresh epoch, data, the maximum number and age of
-- messages, the time for which keys are kept, id, and for a retry the age of the first attempt in milliseconds
--
-- A retry stores its result in the note, for a first attempt that arrives later.
local meta, stream, note, key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local channel, fresh, data, most, age, ttl, id, first_attempt =
  ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6], ARGV[7], tonumber(ARGV[8])

for _, name in ipairs({ note, key }) do
  local stored = redis.call('HMGET', name, 'e', 'o')
  if stored[1] then
    return { stored[1], tonumber(stored[2]) }
  end
end

local function store(name, epoch, offset)
  redis.call('HSET', name, 'e', epoch, 'o', offset)
  redis.call('PEXPIRE', name, ttl)
end

local epoch, offset
if first_attempt then
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
  local is_complete = #kept == top or (oldest and tonumber(oldest[2][2]) < now() - first_attempt)
  if not offset and not is_complete then
    -- The message may have been added, and trimmed since.
    store(note, '', 0)
    return { '', 0 }
  end
end
if not offset then
  epoch, offset = append(meta, stream, channel, fresh, data, most, age, id)
end
if first_attempt then
  store(note, epoch, offset)
end
if key then
  store(key, epoch, offset)
end
return { epoch, offset }
