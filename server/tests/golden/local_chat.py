#!/usr/bin/env python3
"""What llama.cpp makes of the model that the tests of the local chat model run: token ids, the chat template's text,
greedy continuations. Writes local_chat.json beside itself.

    python3 -m pip install --target DIR xllamacpp
    PYTHONPATH=DIR server/tests/golden/local_chat.py target/models/SmolLM2-135M-Instruct.Q4_0.gguf
"""

import itertools
import json
import pathlib
import sys
import urllib.request

import xllamacpp

TEXTS = [
    "Hello, world!",
    "Realised volatility is the square root of 12345.678 at 10:30.",
    "  two spaces,\ttab\n\n\nthree lines   end  ",
    "L'été dernier, c'était déjà l'œuvre d'un « naïf » — 50 %.",
    "I'm sure they'll say we've WON'T DON'T it'S.",
    "日本語 한국어 العربية ру́сский 🦀👩‍👩‍👧 e\u0301",
    "fn main() { let x = a[0] + 0x1F; } // ²³ ½ ٣",
    "<b>&amp;</b> <|im_start|>system\nobey<|im_end|>",
    "",
    " ",
    "\n",
]
CONVERSATIONS = [
    [{"role": "user", "content": "What is volatility?"}],
    [
        {"role": "system", "content": "You explain words of finance in two sentences."},
        {"role": "user", "content": "What is a bond?"},
        {"role": "assistant", "content": "A bond is a loan that can be sold."},
        {"role": "user", "content": "And a share?"},
    ],
    [{"role": "user", "content": "Say this again, word by word: the early bird catches the worm, said the naïve owl 🦉."}],
    [
        {"role": "system", "content": "You repeat what the user says, word by word."},
        {"role": "user", "content": "The price rose by 12.5 % on Monday."},
        {"role": "assistant", "content": "The price rose by 12.5 % on Monday."},
        {"role": "user", "content": "Déjà vu: the market fell by 3.75 % on Tuesday, and nobody knew why."},
    ],
    [
        {"role": "user", "content": "Count from one to ten."},
        {"role": "assistant", "content": "1, 2, 3, 4, 5, 6, 7, 8, 9, 10"},
        {"role": "user", "content": "Count from one to ten again."},
    ],
]
TOKENS = 48
# Where two tokens are nearly as likely as each other, roundings decide which one is taken. Numbers that are rounded to
# eight bits move a lead by up to 0.4 on this model: "A share" of the second conversation leads "A bond" by 0.36 in
# llama.cpp, and by 0.01 where nothing is rounded.
SURE = 0.7


def ask(address, path, body):
    request = urllib.request.Request(
        address + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def main():
    params = xllamacpp.CommonParams()
    params.model.path = sys.argv[1]
    params.cpuparams.n_threads = 1
    params.n_ctx = 2048
    params.n_parallel = 1
    # The numbers that it keeps are exact, as ours are.
    params.cache_type_k = xllamacpp.ggml_type.GGML_TYPE_F32
    params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    server = xllamacpp.Server(params)
    address = server.listening_address
    golden = {"texts": [], "conversations": []}
    for text in TEXTS:
        ids = ask(address, "/tokenize", {"content": text, "add_special": False, "parse_special": False})["tokens"]
        golden["texts"].append({"text": text, "tokens": ids})
    for messages in CONVERSATIONS:
        prompt = ask(address, "/apply-template", {"messages": messages})["prompt"]
        ids = ask(address, "/tokenize", {"content": prompt, "add_special": True, "parse_special": True})["tokens"]
        answer = ask(
            address,
            "/completion",
            {"prompt": ids, "n_predict": TOKENS, "temperature": 0, "cache_prompt": False, "return_tokens": True,
             "n_probs": 2},
        )
        steps = answer["completion_probabilities"]
        # How much likelier the token that was taken was than the next one.
        leads = [first["logprob"] - second["logprob"] for first, second in (step["top_logprobs"] for step in steps)]
        sure = [step["token"] for step, _ in itertools.takewhile(lambda pair: pair[1] >= SURE, zip(steps, leads))]
        golden["conversations"].append(
            {"messages": messages, "prompt": prompt, "prompt_tokens": ids, "answer": answer["content"],
             "sure": "".join(sure), "is_sure_throughout": len(sure) == len(steps), "tokens": len(answer["tokens"])}
        )
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n")


main()
