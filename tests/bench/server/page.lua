-- The page as a good author of Lua would write it for this site: split once a worker at its three
-- places, and never asked for again; profiles in shared memory as JSON; values escaped; everything
-- sent in one piece.

local cjson = require "cjson"
local lrucache = require "resty.lrucache"

local profiles = ngx.shared.profiles
local decoded = lrucache.new(1000) -- by their JSON: what has changed is decoded anew
local pages = {}

local PLACES = {
  { "<!%-%-pz:hello%-bar%-%->", "<!%-%-/pz%-%->" },
  { '<section id="offer">', "</section>" },
  { '<div data%-pz%-slot="recommended">', "</div>" },
}
local ESCAPES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

local _M = {}

-- Puts the profiles of a file, a line `VISITOR JSON` each, into shared memory.
function _M.load(file)
  for line in io.lines(file) do
    local visitor, json = line:match("^(%S+) (.*)$")
    profiles:set(visitor, json)
  end
end

-- The text before, between and after the places, and what the places have by default.
local function split(path)
  local body = ngx.location.capture("/cached" .. path).body
  local page, at = {}, 1
  for _, place in ipairs(PLACES) do
    local _, start = body:find(place[1], at)
    if not start then break end
    local stop = body:find(place[2], start + 1) - 1
    page[#page + 1] = body:sub(at, start)
    page[#page + 1] = body:sub(start + 1, stop)
    at = stop + 1
  end
  page[#page + 1] = body:sub(at)
  pages[path] = page
  return page
end

local function profile_of(visitor, kept)
  local json = visitor and profiles:get(visitor)
  if not json then return nil end
  if not kept then return cjson.decode(json) end
  local profile = decoded:get(json)
  if not profile then
    profile = cjson.decode(json)
    decoded:set(json, profile)
  end
  return profile
end

local function text(value)
  value = tostring(value)
  if value:find("[&<>\"']") then value = value:gsub("[&<>\"']", ESCAPES) end
  return value
end

local function bar(profile)
  return '<p class="bar">Hello ' .. text(profile.name) .. ", free delivery to "
    .. text(profile.city) .. "</p>"
end

local function offer(profile)
  return "<p>For you, " .. text(profile.name) .. ": " .. text(profile.offer) .. " until Sunday</p>"
end

local function recommended(profile)
  local out = { '<ul class="grid">' }
  for _, item in ipairs(profile.items) do
    out[#out + 1] = '<li><a href="' .. text(item.url) .. '">' .. text(item.title) .. "</a> "
      .. text(item.price) .. "</li>"
  end
  out[#out + 1] = "</ul>"
  return table.concat(out)
end

-- With `kept`, profiles are decoded once a worker, which helps as long as it sees few visitors.
function _M.serve(kept)
  local path = ngx.var.uri
  local page = pages[path] or split(path)
  local profile = profile_of(ngx.var.cookie_vid, kept)
  local out = page
  if profile and #page == 7 then
    out = {
      page[1], profile.tier == "gold" and bar(profile) or page[2],
      page[3], profile.orders > 3 and offer(profile) or page[4],
      page[5], #profile.items > 0 and recommended(profile) or page[6],
      page[7],
    }
  end
  local length = 0
  for i = 1, #out do length = length + #out[i] end
  local header = ngx.header
  header["Content-Length"] = length
  header["Cache-Control"] = "private"
  ngx.print(out)
end

return _M
