"""Ask everyone the survey's anchors, before anything else.

What it looks at: which questions of the survey are anchors.

Edges: anchors do not rotate and do not rest, and no budget leaves them out, because a score that is made of changing
questions compares with nothing. Switched off, an anchor is a question like any other: asked where there is room for it.

Example: everyone at a client is asked how likely they are to recommend us; what else they are asked differs.
"""
