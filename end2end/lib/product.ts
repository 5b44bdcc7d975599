// What the product says over its API, and how pages write it: the yardstick that pages are held against.

import type { APIRequestContext } from "@playwright/test";

export interface Forecast {
  symbol: string;
  horizon: "24h" | "48h";
  high_volatility: number;
  quantiles: { q10: number; q50: number; q90: number };
}

interface ForecastList {
  forecasts: Forecast[];
}

export const COINS = [
  { ticker: "BTC", name: "Bitcoin" },
  { ticker: "ETH", name: "Ethereum" },
  { ticker: "BNB", name: "BNB" },
  { ticker: "SOL", name: "Solana" },
  { ticker: "XRP", name: "XRP" },
  { ticker: "ADA", name: "Cardano" },
  { ticker: "DOGE", name: "Dogecoin" },
  { ticker: "AVAX", name: "Avalanche" },
  { ticker: "LINK", name: "Chainlink" },
] as const;

export const PAGES = ["/", "/coins/BTC", "/buddy", "/how-good", "/models", "/how-it-works"] as const;

/** The newest forecasts, as `BTC 24h` and so on. */
export async function forecasts(request: APIRequestContext): Promise<Map<string, Forecast>> {
  const response = await request.get("/api/v1/forecasts");
  const { forecasts } = (await response.json()) as ForecastList;
  return new Map(forecasts.map((one) => [`${one.symbol.replace(/USDT$/, "")} ${one.horizon}`, one]));
}

/** A chance as an English page writes it: whole percents, never quite 0 or 100. */
export function chance(probability: number): string {
  if (probability < 0.01) return "<\u202f1%";
  if (probability > 0.99) return ">\u202f99%";
  return `${(probability * 100).toFixed(0)}%`;
}
