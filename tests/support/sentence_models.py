"""A small model of sentences in a folder, made on the spot: BERT of two layers with weights by chance."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from pathlib import Path

CHANNELS = 16
SIGNS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORDS = ("the", "cat", "tall", "ship", "##s", "movie", *map(str, range(10)), *(f"##{digit}" for digit in range(10)))


def write_model(folder: Path, seed: int = 0) -> Path:
    """Write it as `SentenceTransformer.save` does; needs the package sentence-transformers."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizer

    vocabulary = {word: number for number, word in enumerate((*SIGNS, *WORDS))}
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=CHANNELS,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
        initializer_range=0.5,  # so that words differ
    )
    parts = folder.parent / f"{folder.name} parts"
    with torch.random.fork_rng(devices=[]), contextlib.redirect_stderr(io.StringIO()):  # progress bars
        torch.manual_seed(seed)
        BertModel(config).save_pretrained(parts)
        BertTokenizer(vocab=vocabulary).save_pretrained(parts)
        modules = [Transformer(str(parts)), Pooling(CHANNELS, pooling_mode="mean")]
        SentenceTransformer(modules=modules, device="cpu").save(str(folder))
    return folder
