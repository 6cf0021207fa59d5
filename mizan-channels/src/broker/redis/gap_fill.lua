-- Returns the messages after the position that a server knows.
-- KEYS meta, stream; ARGV fresh epoch, and the epoch and the top that the server knows. Returns the epoch, the top, and
-- the offsets, ages and data of the messages.
local epoch, top = open(KEYS[1], KEYS[2], ARGV[1])
local after = 0
if epoch == ARGV[2] then
  after = tonumber(ARGV[3])
  if top < after then
    -- Redis lost messages that the server has received, so their offsets must not be assigned again.
    epoch, top = begin(KEYS[1], KEYS[2], generation(), ARGV[1])
    after = 0
  end
end
local offsets, ages, data = {}, {}, {}
if after < top then
  local time = now()
  for index, entry in ipairs(redis.call('XRANGE', KEYS[2], '(' .. after .. '-0', '+')) do
    offsets[index] = tonumber(string.match(entry[1], '^%d+'))
    ages[index] = math.max(0, time - tonumber(entry[2][2]))
    data[index] = entry[2][4]
  end
end
return { epoch, top, offsets, ages, data }
