package redis

// common is what the scripts share. ARGV[1] is the time, or 0 for Redis's.
const common = `
local now = tonumber(ARGV[1])
if now == 0 then
	local t = redis.call('TIME')
	now = t[1] * 1000000 + t[2]
end
local today = math.floor(now / 86400000000)
local channel = ARGV[2]

local function number(n) return string.format('%.17g', n) end

local function load(key, rpm, tpm)
	local f = redis.call('HMGET', key, 'at', 'r', 't', 'd', 'u')
	local b = {key = key, rpm = rpm, tpm = tpm, at = tonumber(f[1]) or now, r = tonumber(f[2]) or 0,
		t = tonumber(f[3]) or 0, d = tonumber(f[4]) or today, u = tonumber(f[5]) or 0}
	if b.d ~= today then b.d, b.u = today, 0 end
	if now > b.at then
		local minutes = (now - b.at) / 60000000
		b.r = math.max(0, b.r - minutes * rpm)
		b.t = math.max(0, b.t - minutes * tpm)
		b.at = now
	elseif now < b.at then
		-- The clock was set back: from now on it drains again.
		b.at = now
		redis.call('HSET', key, 'at', number(now))
	end
	return b
end

local function save(b)
	redis.call('HSET', b.key, 'at', number(b.at), 'r', number(b.r), 't', number(b.t), 'd', number(b.d), 'u', number(b.u))
	local life = 1000
	if b.r > 0 and b.rpm > 0 then life = math.max(life, b.r / b.rpm * 60000 + 1000) end
	if b.t > 0 and b.tpm > 0 then life = math.max(life, b.t / b.tpm * 60000 + 1000) end
	if b.u ~= 0 then life = math.max(life, (today + 1) * 86400000 - now / 1000 + 1000) end
	redis.call('PEXPIRE', b.key, string.format('%.0f', life))
end

local function caller_of(id) return string.match(id, ':(.*)') end

-- Of a place that is given up, the caller's later ones take the rounds, so that no turn
-- is lost by it. What lies far behind is left as it is: a script must be short.
local function move_up(key, id, round)
	local caller = caller_of(id)
	local behind = redis.call('ZRANGEBYSCORE', key .. ':line', '(' .. round, '+inf', 'WITHSCORES', 'LIMIT', 0, 1000)
	for i = 1, #behind, 2 do
		if caller_of(behind[i]) == caller then
			redis.call('ZADD', key .. ':line', round, behind[i])
			round = behind[i + 1]
		end
	end
	if #behind < 2000 then redis.call('HSET', key .. ':rounds', caller, round - 1) end
end

local function drop(key, id, served)
	local round = redis.call('ZSCORE', key .. ':line', id)
	if not round then return end
	redis.call('ZREM', key .. ':line', id)
	redis.call('ZREM', key .. ':alive', id)
	if redis.call('EXISTS', key .. ':line') == 0 then
		redis.call('DEL', key .. ':rounds')
	elseif served then
		redis.call('HSET', key .. ':rounds', '', round)
	else
		move_up(key, id, round)
	end
end

local function purge(key)
	redis.call('ZREMRANGEBYSCORE', key .. ':slots', '-inf', number(now))
	for _, id in ipairs(redis.call('ZRANGEBYSCORE', key .. ':alive', '-inf', number(now))) do
		redis.call('ZREM', key .. ':alive', id)
		drop(key, id, false)
	end
end

local function notify(key, concurrent)
	local free = concurrent - redis.call('ZCARD', key .. ':slots')
	if free > 0 then
		for _, id in ipairs(redis.call('ZRANGE', key .. ':line', 0, free - 1)) do
			redis.call('PUBLISH', channel, id)
		end
	end
end
`
