"""The door for agents, through the SDK's own client over stdio."""
