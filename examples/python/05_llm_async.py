# SPDX-License-Identifier: MIT
"""Ask the chain of language models for several things at once, without a thread for each.

Without a key the chain is the builtin planner; set DEEPSEEK_API_KEY, ANTHROPIC_API_KEY or
OPENAI_API_KEY to ask a model.
"""
import asyncio

import ape

QUESTIONS = ["Sharpe ratio of AAPL in 2021", "Volatility of MSFT in 2020", "Beta of KO in 2019"]


async def main():
    with ape.Settings() as settings, ape.LLMClient(settings) as client:
        completions = await asyncio.gather(*map(client.agenerate, QUESTIONS))
    for question, completion in zip(QUESTIONS, completions):
        print(f"{question}: {len(completion.text)} characters by {completion.provider}")
        assert completion.text


asyncio.run(main())
