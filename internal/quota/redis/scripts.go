package redis

import goredis "github.com/redis/go-redis/v9"

// What is counted lies in these keys. The braces put all of them into one slot, for
// proxies in front of a cluster:
//
//	{prefix}:bucket:RULE:KEY         hash: at (microseconds), r and t (requests and tokens
//	                                 of the last minute), d and u (day and its tokens)
//	                  ...:slots      sorted set: who runs, by the end of the lease
//	                  ...:line       sorted set: who waits, by round, as package fair has it
//	                  ...:alive      sorted set: who waits, by the end of its ticket
//	                  ...:rounds     hash: the newest round of each caller; "" is the
//	                                 round that was served last
//	{prefix}:buckets                 sorted set: the buckets, by the time of their use
//	{prefix}:amount:WINDOW:START:KEY number
//
// A script is one step for all of them. Times are Redis's own, so that nodes need not
// agree on theirs; tests pass theirs.

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

// admit takes what a request needs of every bucket, or joins a line, or neither.
//
// KEYS: the index, then the bucket of each match. ARGV: time, channel, id, caller, lease
// and ticket in microseconds, the number of the match whose line the request is in or 0,
// and for each match its limits (requests, tokens, tokens of a day, places or 0), queue
// and tokens.
//
// It gives "ok", the time and the tokens of each bucket before; "wait" and the number of
// a match; or "refused", the number of a match and the kind of limit.
var admit = goredis.NewScript(common + `
local id, caller, lease, ticket, waiting = ARGV[3], ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local matches = {}
for i = 1, #KEYS - 1 do
	local at = 8 + (i - 1) * 6
	local function arg(n) return tonumber(ARGV[at + n]) end
	matches[i] = {rpm = arg(0), tpm = arg(1), tpd = arg(2), places = arg(3), queue = arg(4), tokens = arg(5), key = KEYS[i + 1]}
end

local function unqueue(served)
	if waiting == 0 then return end
	local m = matches[waiting]
	drop(m.key, id, served)
	notify(m.key, m.places)
end

local function refuse(i, kind)
	unqueue(true)
	return {'refused', i, kind}
end

local full = 0
for i, m in ipairs(matches) do
	local b = load(m.key, m.rpm, m.tpm)
	m.bucket = b
	if m.rpm > 0 and b.r + 1 > m.rpm + 1e-6 then return refuse(i, 'requestsPerMinute') end
	if m.tpm > 0 and m.tokens > 0 and b.t + m.tokens > m.tpm + 1e-6 then return refuse(i, 'tokensPerMinute') end
	if m.tpd > 0 and m.tokens > 0 and b.u + m.tokens > m.tpd then return refuse(i, 'tokensPerDay') end
	if m.places > 0 then
		purge(m.key)
		local ahead = waiting == i and redis.call('ZRANK', m.key .. ':line', id)
		m.queued = ahead
		if not ahead then ahead = redis.call('ZCARD', m.key .. ':line') end
		if full == 0 and redis.call('ZCARD', m.key .. ':slots') + ahead >= m.places then full = i end
	end
end

local function touch(key, time)
	redis.call('PEXPIRE', key, string.format('%.0f', time / 1000 * 2))
end

if full > 0 then
	local m = matches[full]
	if not m.queued then
		if redis.call('ZCARD', m.key .. ':line') >= m.queue then return refuse(full, 'concurrent') end
		unqueue(true)
		local rounds = redis.call('HMGET', m.key .. ':rounds', '', caller)
		local served, own = tonumber(rounds[1]) or 0, tonumber(rounds[2]) or 0
		if redis.call('HLEN', m.key .. ':rounds') > 2 * m.queue + 16 then redis.call('DEL', m.key .. ':rounds') end
		local round = math.max(served, own) + 1
		redis.call('HSET', m.key .. ':rounds', '', served, caller, round)
		redis.call('ZADD', m.key .. ':line', round, id)
	end
	redis.call('ZADD', m.key .. ':alive', number(now + ticket), id)
	for _, part in ipairs({':line', ':alive', ':rounds'}) do touch(m.key .. part, ticket) end
	return {'wait', full}
end

unqueue(true)
local taken = {'ok', number(now)}
for i, m in ipairs(matches) do
	local b = m.bucket
	taken[i + 2] = number(b.t)
	if m.rpm > 0 then b.r = b.r + 1 end
	if m.tpm > 0 then b.t = b.t + m.tokens end
	if m.tpd > 0 then b.u = b.u + m.tokens end
	save(b)
	if m.places > 0 then
		redis.call('ZADD', m.key .. ':slots', number(now + lease), id)
		touch(m.key .. ':slots', lease)
	end
	if redis.call('ZADD', KEYS[1], number(now), m.key) == 1 and redis.call('ZCARD', KEYS[1]) > 10000 then
		redis.call('ZPOPMIN', KEYS[1])
	end
end
return taken
`)

// settle ends a request. KEYS: the bucket of each match. ARGV: time, channel, id, the
// time when it was taken, the tokens that were used, and for each match its limits
// (requests, tokens, tokens of a day, places or 0), the tokens that were reserved, and
// those of the bucket before.
var settle = goredis.NewScript(common + `
local id, taken, used = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
for i, key in ipairs(KEYS) do
	local at = 6 + (i - 1) * 6
	local function arg(n) return tonumber(ARGV[at + n]) end
	local rpm, tpm, tpd, places, reserved, before = arg(0), arg(1), arg(2), arg(3), arg(4), arg(5)
	if tpm > 0 or tpd > 0 then
		local b = load(key, rpm, tpm)
		if tpm > 0 then
			local drained = before - tpm * math.max(0, now - taken) / 60000000
			b.t = math.max(0, b.t + math.max(0, drained + used) - math.max(0, drained + reserved))
		end
		-- Redis may have lost what was reserved.
		if tpd > 0 and math.floor(taken / 86400000000) == today then b.u = math.max(0, b.u + used - reserved) end
		save(b)
	end
	if places > 0 then
		redis.call('ZREM', key .. ':slots', id)
		purge(key)
		notify(key, places)
	end
end
`)

// leave gives a place in a line up. KEYS: the bucket. ARGV: time, channel, id, places.
var leave = goredis.NewScript(common + `
drop(KEYS[1], ARGV[3], false)
purge(KEYS[1])
notify(KEYS[1], tonumber(ARGV[4]))
`)

// vacate gives up what a request may have in buckets: a place, or one in a line. KEYS:
// the buckets. ARGV: time, channel, id, and for each bucket its places.
var vacate = goredis.NewScript(common + `
for i, key in ipairs(KEYS) do
	redis.call('ZREM', key .. ':slots', ARGV[3])
	drop(key, ARGV[3], false)
	purge(key)
	notify(key, tonumber(ARGV[3 + i]))
end
`)

// renew makes leases last longer. KEYS: the bucket. ARGV: time, channel, lease in
// microseconds, ids.
var renew = goredis.NewScript(common + `
local key = KEYS[1] .. ':slots'
for i = 4, #ARGV do
	redis.call('ZADD', key, 'XX', number(now + tonumber(ARGV[3])), ARGV[i])
end
redis.call('PEXPIRE', key, string.format('%.0f', tonumber(ARGV[3]) / 1000 * 2))
`)

// look tells what is used of a bucket: requests, tokens, those of the day, how many run
// and how many wait. KEYS: the index, the bucket. ARGV: time, channel, limits of requests
// and tokens. An idle bucket leaves the index.
var look = goredis.NewScript(common + `
local b = load(KEYS[2], tonumber(ARGV[3]), tonumber(ARGV[4]))
purge(KEYS[2])
local running, waiting = redis.call('ZCARD', KEYS[2] .. ':slots'), redis.call('ZCARD', KEYS[2] .. ':line')
if b.r == 0 and b.t == 0 and b.u == 0 and running == 0 and waiting == 0 then redis.call('ZREM', KEYS[1], KEYS[2]) end
return {number(b.r), number(b.t), number(b.u), running, waiting}
`)

// reserve adds to sums. KEYS: the sums. ARGV: the amount, and the limit of each. It
// gives "ok" and the sums after; "unknown" and the number of a sum that is not there; or
// "exceeded", the number of a sum, and the sum.
var reserve = goredis.NewScript(`
local amount = tonumber(ARGV[1])
local sums = redis.call('MGET', unpack(KEYS))
for i = 1, #KEYS do
	if not sums[i] then return {'unknown', i} end
end
for i = 1, #KEYS do
	local limit, used = tonumber(ARGV[i + 1]), tonumber(sums[i])
	if limit > 0 and (used >= limit or used + amount > limit) then return {'exceeded', i, sums[i]} end
end
local taken = {'ok'}
for i, key in ipairs(KEYS) do
	taken[i + 1] = redis.call('INCRBY', key, ARGV[1])
end
return taken
`)

// correct adds to sums that are still there. KEYS: the sums. ARGV: the amount.
var correct = goredis.NewScript(`
for _, key in ipairs(KEYS) do
	if redis.call('EXISTS', key) == 1 then redis.call('INCRBY', key, ARGV[1]) end
end
`)

// raise makes a sum that is still there no less than an amount. KEYS: the sum. ARGV: the
// amount.
var raise = goredis.NewScript(`
local sum = redis.call('GET', KEYS[1])
local lacks = sum and tonumber(ARGV[1]) - tonumber(sum) or 0
if lacks > 0 then redis.call('INCRBY', KEYS[1], string.format('%.0f', lacks)) end
`)
