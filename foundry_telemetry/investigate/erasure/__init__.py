"""Request and response logs of a person, a tenant or a call, found and deleted: ``content erase``.

*Subject*: whose content is meant, as the records have it: a tag's value, which is a hash where it names a
person, or the id of a call. *Plan*: the calls found, and the requests that delete their content.
"""
