-- KEYS meta, stream, key or none; ARGV channel, generation, fresh epoch, data, most, age, memory
if KEYS[3] then
  local before = redis.call('HMGET', KEYS[3], 'e', 'o')
  if before[1] then
    return { before[1], tonumber(before[2]) }
  end
end
local epoch, offset =
  append(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6]))
if KEYS[3] then
  redis.call('HSET', KEYS[3], 'e', epoch, 'o', offset)
  redis.call('PEXPIRE', KEYS[3], ARGV[7])
end
return { epoch, offset }
