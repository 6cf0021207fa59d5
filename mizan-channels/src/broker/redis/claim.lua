-- KEYS key; ARGV lease, memory
local known = redis.call('GET', KEYS[1])
if not known then
  redis.call('SET', KEYS[1], 'r' .. string.format('%.0f', now() + ARGV[1]), 'PX', ARGV[2])
  return 'g'
end
if string.sub(known, 1, 1) == 'r' then
  if now() < tonumber(string.sub(known, 2)) then
    return 'r'
  end
  return 'l'
end
return known
