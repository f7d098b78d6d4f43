"""The commands that look at grades again: what would change, and is a receipt genuine?"""
