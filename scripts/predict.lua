-- wrk: one forecast on demand a request, over all coins and both horizons.
local coins = { "BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT", "XRPUSDT", "DOGEUSDT", "ADAUSDT", "AVAXUSDT", "LINKUSDT" }
local horizons = { "24h", "48h" }
local sent = 0

function request()
  sent = sent + 1
  local coin = coins[sent % #coins + 1]
  local horizon = horizons[sent % #horizons + 1]
  local body = string.format('{"symbol":"%s","horizon":"%s"}', coin, horizon)
  return wrk.format("POST", nil, { ["Content-Type"] = "application/json" }, body)
end
